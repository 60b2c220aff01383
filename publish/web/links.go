package web

import (
	"net"
	"os"
	"strings"
)

// links are URLs of a page that listens at an address, for people: those first that work in most places.
func links(address string, secure bool, hosts []string) (list []string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	add := func(name string) { list = append(list, scheme+"://"+net.JoinHostPort(name, port)+"/") }
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		add(host)
		return list
	}
	if secure {
		for _, h := range hosts {
			add(h)
		}
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		short, _, _ := strings.Cut(strings.ToLower(name), ".")
		add(short + ".local")
	}
	for _, a := range addresses() {
		add(a)
	}
	add("127.0.0.1")
	return list
}

// addresses are those IPv4 addresses of this machine that others reach.
func addresses() (list []string) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			list = append(list, n.IP.String())
		}
	}
	return list
}
