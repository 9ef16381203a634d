"""Pages and dialogs of what people log, plan and are told."""
