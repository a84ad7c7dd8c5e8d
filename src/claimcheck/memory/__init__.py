"""What earlier claims billed for the same patients, so that edits across claims are found."""
