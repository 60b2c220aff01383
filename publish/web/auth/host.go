package auth

import (
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// machineNames are the names that each machine may be called by: localhost and its own, with and without its domain and .local.
func machineNames() []string {
	names := []string{"localhost"}
	host, err := os.Hostname()
	if err != nil || host == "" {
		return names
	}
	host = strings.ToLower(host)
	short, _, _ := strings.Cut(host, ".")
	return append(names, host, short, short+".local")
}

// shown is a text of anybody's for people: not too long, and nothing that is not to be seen.
func shown(s string) string {
	const most = 64
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
