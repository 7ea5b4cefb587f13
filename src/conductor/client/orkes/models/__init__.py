"""What only Orkes servers know."""
