# Chores, by name: `just` lists them.

_default:
    @just --list

# Type-check everything
check:
    cargo check --workspace --all-targets

# Run all tests
test:
    cargo test --workspace

# Deploy to the local engine with the CDK and with SAM, as part of all tests does too (needs python3 and npm)
clients:
    cargo test -p hydrant --test it clients

# Run the tests and accept what the program prints now; look at the diff before committing
snap:
    INSTA_UPDATE=always cargo test --test it

# Format, and refuse what clippy complains about
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Check licences, advisories and duplicates of the dependencies (needs cargo-deny)
deny:
    cargo deny check

# Check the repository's own stacks
stacks:
    cargo run --quiet -- lint

# Write AWS's resource schemas again from their pinned source (needs python3 with pip, and the network)
schemas:
    cargo xtask schemas
