"""Scenario files: schema, reader, application, library."""
