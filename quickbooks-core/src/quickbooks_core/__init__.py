"""All that is known about QuickBooks Online; imports none of our other packages."""
