//! sns.
