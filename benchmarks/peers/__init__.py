"""One small module a tool, behind the interface of ``tool``; none imports its tool before it is used."""
