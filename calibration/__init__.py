"""The world database: raw public tables, repairs, balanced accounts, aggregation, elasticities, parameters."""
