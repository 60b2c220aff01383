package secret

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestRedactor(t *testing.T) {
	const hard = `p"ä s/s&w=rd`
	r := NewRedactor([]string{"hunter2!", hard, "ab", "front"}, []string{"front"})
	for text, want := range map[string]string{
		"all well at front": "all well at front",
		"dial hunter2!: no": "dial REDACTED: no",
		"dial mqtt://me:other@host:1883/x?token=1: refused":        "dial mqtt://REDACTED@host:1883/x?token=REDACTED refused",
		`Get "http://host/a?b=c": EOF`:                             `Get "http://host/a?b=REDACTED": EOF`,
		"Authorization: Bearer abc.def":                            "Authorization: Bearer REDACTED",
		"password=abc, user=me":                                    "password=REDACTED, user=me",
		"password_file /etc/x: no such file":                       "password_file /etc/x: no such file",
		"open http://127.0.0.1:8224/#code":                         "open http://127.0.0.1:8224/#REDACTED",
		"about " + hard:                                            "about REDACTED",
		"about " + url.QueryEscape(hard):                           "about REDACTED",
		"about " + url.PathEscape(hard):                            "about REDACTED",
		"about " + base64.StdEncoding.EncodeToString([]byte(hard)): "about REDACTED",
		"abba": "abba",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// In JSON the texts alone change, and it stays JSON.
func TestRedactorJSON(t *testing.T) {
	r := NewRedactor([]string{`se"cret`}, nil)
	data := `{"a": 1.50, "b": "x se\"cret y", "c": ["se\"cret", null, "\u0073e\"cret"], "d": "fine \u00e4"}` + "\n" + `{"url": "http://me:pw@host/"}`
	want := `{"a": 1.50, "b": "x REDACTED y", "c": ["REDACTED", null, "REDACTED"], "d": "fine \u00e4"}` + "\n" + `{"url": "http://REDACTED@host/"}`
	if got := string(r.JSON([]byte(data))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := r.JSON([]byte(`{"cut": "se`)); strings.Contains(string(got), "se") {
		t.Errorf("%s", got)
	}
}

func FuzzRedactorJSON(f *testing.F) {
	f.Add("planted", `{"a": "x planted"}`)
	f.Fuzz(func(t *testing.T, planted, text string) {
		if len(planted) < least || strings.Trim(planted, "abcdefghijklmnopqrstuvwxyz") != "" {
			return
		}
		r := NewRedactor([]string{planted}, nil)
		got := r.JSON([]byte(text))
		if json.Valid([]byte(text)) && !json.Valid(got) {
			t.Errorf("%s becomes %s, which is no JSON", text, got)
		}
		if strings.Contains(r.Text(text), planted) {
			t.Errorf("%q is in %q", planted, r.Text(text))
		}
	})
}

func TestParts(t *testing.T) {
	got := Parts("https://me:s%20x@host/path?a=b&c#d")
	for _, want := range []string{"me", "s%20x", "s x", "b", "c", "d"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}
