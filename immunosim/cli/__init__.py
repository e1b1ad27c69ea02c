"""The command line: one file a verb, thin; everything heavy is imported by the verb that needs it."""
