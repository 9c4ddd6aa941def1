"""CSV on the Web: metadata read, checked and compiled to SQL that DuckDB runs over whole tables."""
