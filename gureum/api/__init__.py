"""What a service is written against: Service, `@operation`, Context, errors, principals, the record of calls."""
