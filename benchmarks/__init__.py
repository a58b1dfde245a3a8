"""Measurements that print tables; nothing here is asserted, and no test depends on a time."""
