"""The subcommands of the command line; none of these modules imports anything heavy."""
