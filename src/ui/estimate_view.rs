//! Shows what a rate of records needs and costs.

use super::{Answer, Style, bytes};
use crate::estimate::{Block, Charge, Estimate, Load};

impl Answer for Estimate {
    fn text(&self, style: Style) -> String {
        let mut lines = vec![format!("{} in {}", style.bold(&self.title()), self.region)];
        lines.extend(self.entering.iter().map(|entering| {
            let rate = amount(entering.records_per_second);
            let daily = entering.records_per_second * entering.record_bytes * 86_400.0;
            let size = entering.record_bytes as u64;
            format!("  {} takes {rate} records/s of {size} B: {} a day", entering.name, bytes(daily as u64))
        }));
        let widths = Widths::of(self);
        for block in &self.blocks {
            lines.push(String::new());
            lines.push(format!("{}  {}", style.cyan(&block.name), style.dim(&block.load.describe())));
            lines.extend(block.charges.iter().map(|charge| widths.line(charge, style)));
        }
        lines.push(String::new());
        let total = format!("${}", grouped(self.dollars, 2));
        lines.push(widths.last("a month", &style.bold(&total), total.len()));
        lines.extend(self.remarks(style));
        lines.join("\n")
    }
}

/// Several stacks, one after the other.
impl Answer for Vec<Estimate> {
    fn text(&self, style: Style) -> String {
        let mut texts: Vec<String> = self.iter().map(|estimate| estimate.text(style)).collect();
        if self.len() > 1 {
            let total: f64 = self.iter().map(|estimate| estimate.dollars).sum();
            texts.push(style.bold(&format!("All stacks: ${} a month", grouped(total, 2))));
        }
        texts.join("\n\n")
    }
}

impl Estimate {
    fn title(&self) -> String {
        format!("{} ({})", self.stack, self.environment)
    }

    /// Says what the stack cannot carry, what could be saved, and what the numbers rest on.
    fn remarks(&self, style: Style) -> Vec<String> {
        let mut lines = vec![String::new()];
        for warning in &self.warnings {
            lines.push(format!("{}: `{}` {}", style.yellow("warning"), warning.block, warning.message));
            lines.push(format!("  {}: {}", style.cyan("help"), warning.help));
        }
        lines.extend(self.advice.iter().map(|advice| format!("{}: {advice}", style.cyan("hint"))));
        if !self.assumed.is_empty() {
            lines.push(format!("Assumed: {}.", self.assumed.join("; ")));
        }
        if !self.uncounted.is_empty() {
            lines.push(format!("Not counted: {}.", self.uncounted.join(", ")));
        }
        let prices = match self.prices.region == self.region {
            true => format!("Prices of {}", self.prices.date),
            false => format!(
                "There are no prices of {}; these are of {}, of {}",
                self.region, self.prices.region, self.prices.date
            ),
        };
        let charges = self.blocks.iter().flat_map(|block| &block.charges);
        let is_all_confirmed = charges.into_iter().all(|charge| charge.is_confirmed);
        let remark = if is_all_confirmed { "" } else { "; those with a `?` could not be confirmed" };
        lines.push(format!("{prices}, without free tiers and taxes{remark}."));
        lines
    }
}

impl Load {
    fn describe(&self) -> String {
        let flow =
            |records: f64, size: f64| format!("{} records/s, {}/s", amount(records), bytes(size as u64));
        match self {
            Self::Stream { records_per_second, bytes_per_second, shards, shards_needed, readers } => {
                let shards = match shards {
                    Some(shards) => format!("needs {}, has {shards}", plural(*shards_needed, "shard")),
                    None => format!("needs {}, on demand", plural(*shards_needed, "shard")),
                };
                let readers = plural(*readers as u64, "reader");
                format!("{}; {shards}; {readers}", flow(*records_per_second, *bytes_per_second))
            }
            Self::Delivery {
                records_per_second, bytes_per_second, objects_per_day, object_bytes, ..
            } => format!(
                "{}; about {} objects a day of {}",
                flow(*records_per_second, *bytes_per_second),
                amount(*objects_per_day),
                bytes(*object_bytes as u64)
            ),
            Self::Function { invocations_per_second, .. } if *invocations_per_second == 0.0 => {
                "nothing that is counted invokes it".to_owned()
            }
            Self::Function { invocations_per_second, records_per_invocation, concurrency } => {
                let records = records_per_invocation
                    .map_or_else(String::new, |records| format!(", {} records each", amount(records)));
                let often = match *invocations_per_second >= 0.1 {
                    true => format!("{} invocations/s", amount(*invocations_per_second)),
                    false => format!("{} invocations a day", amount(invocations_per_second * 86_400.0)),
                };
                format!("{often}{records}; {} at a time", amount(concurrency.ceil()))
            }
        }
    }
}

/// How wide the columns of all charges are.
struct Widths {
    label: usize,
    quantity: usize,
    price: usize,
    dollars: usize,
}

impl Widths {
    fn of(estimate: &Estimate) -> Self {
        let charges = || estimate.blocks.iter().flat_map(|block: &Block| &block.charges);
        let widest = |text: fn(&Charge) -> String| {
            charges().map(|charge| text(charge).chars().count()).max().unwrap_or_default()
        };
        let total = grouped(estimate.dollars, 2).len() + 1;
        Self {
            label: widest(|charge| charge.item.label().to_owned()),
            quantity: widest(quantity),
            price: widest(price),
            dollars: widest(dollars).max(total),
        }
    }

    fn line(&self, charge: &Charge, style: Style) -> String {
        let Self { label, quantity: wide, price: long, dollars: right } = self;
        let shown = price(charge);
        let shown = if charge.is_confirmed { shown } else { style.yellow(&format!("{shown:<long$}")) };
        format!(
            "  {:<label$}  {:>wide$} × {shown:<long$}  {:>right$}",
            charge.item.label(),
            quantity(charge),
            dollars(charge)
        )
    }

    fn last(&self, what: &str, painted: &str, length: usize) -> String {
        let width = 2 + self.label + 2 + self.quantity + 3 + self.price + 2 + self.dollars;
        let gap = width.saturating_sub(2 + what.len() + length);
        format!("  {what}{}{painted}", " ".repeat(gap))
    }
}

fn quantity(charge: &Charge) -> String {
    format!("{} {}", amount(charge.quantity), charge.unit)
}

/// A price that could not be confirmed is asked about.
fn price(charge: &Charge) -> String {
    let doubt = if charge.is_confirmed { "" } else { "?" };
    format!("${}{doubt}", significant(charge.price))
}

fn dollars(charge: &Charge) -> String {
    format!("${}", grouped(charge.dollars, 2))
}

fn plural(count: u64, what: &str) -> String {
    super::counted(count, what)
}

/// Writes an amount with as many digits as help: `2,628`, `16.7`, `0.05`.
fn amount(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 0.01 || value == 0.0 => 2,
        _ => 6,
    };
    let text = grouped(value, decimals);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Writes a price with six digits that count.
fn significant(value: f64) -> String {
    let magnitude = if value > 0.0 { value.log10().floor() as i32 } else { 0 };
    let decimals = usize::try_from(5 - magnitude).unwrap_or_default().min(12);
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    text.to_owned()
}

/// Writes a number with commas between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_many_digits_as_help() {
        let written = [0.0, 0.05, 1.5, 16.666, 2628.0, 1_234_567.0, 0.00001].map(amount);
        assert_eq!(written, ["0", "0.05", "1.5", "16.7", "2,628", "1,234,567", "0.00001"]);
        let prices = [0.015, 0.0000166667, 0.014, 1.0, 0.0].map(significant);
        assert_eq!(prices, ["0.015", "0.0000166667", "0.014", "1", "0"]);
        assert_eq!(grouped(1_234_567.891, 2), "1,234,567.89");
    }
}
