package auth

import "strings"

// agent is a browser's name for people: "Firefox on Linux". Others have the first word of theirs.
func agent(header string) string {
	find := func(names ...string) string {
		for _, n := range names {
			sign, name, _ := strings.Cut(n, "=")
			if strings.Contains(header, sign) {
				return name
			}
		}
		return ""
	}
	browser := find("Edg/=Edge", "OPR/=Opera", "Firefox/=Firefox", "Chrome/=Chrome", "Safari/=Safari", "curl/=curl")
	system := find("Android=Android", "iPhone=iPhone", "iPad=iPad", "Windows=Windows", "Mac OS=macOS", "Linux=Linux")
	switch {
	case browser == "":
		return "a browser"
	case system == "":
		return browser
	}
	return browser + " on " + system
}
