"""Forms of JSON records: what one object of annotated text looks like, whatever file it stands in."""
