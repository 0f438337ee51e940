package outlet

import "net/netip"

// Reachable is what the gate decides of an address.
func Reachable(to netip.Addr, allowed []netip.Prefix) bool { return reachable(to, allowed) }
