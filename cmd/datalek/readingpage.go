package main

import (
	"net"
	"net/url"
	"strings"

	"datalek/incidents/registry"
	"datalek/web/reading"
)

// readingAt is where readers of a practice's notices see them again; "" leaves it
// out of mails and letters. The demo's readers sit at this machine; others can
// only come when the server has an address that is reached from elsewhere.
func (a *app) readingAt(p registry.Practice) string {
	if a.demo == nil && !a.reachable {
		return ""
	}
	return a.cfg.BaseURL + reading.Path(p)
}

// fromElsewhere reports whether a configured address leads people on other
// machines here.
func fromElsewhere(baseURL string) bool {
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()
}
