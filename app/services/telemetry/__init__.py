"""Spans of OpenTelemetry become Logs."""
