"""Reading whole objects from QuickBooks, for whoever needs all of their rows: the tap and `quickbooks reconcile`."""
