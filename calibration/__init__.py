"""The world database: raw public tables, repairs, accounts, aggregation, elasticities, parameters."""
