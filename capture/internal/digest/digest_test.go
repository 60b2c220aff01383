package digest

import (
	"strings"
	"testing"
)

// The examples of the RFCs, and the case of the shared folder.
func TestResponses(t *testing.T) {
	mufasa := func(extra string) string {
		return `Digest realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"` + extra
	}
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	tests := []struct {
		name, header, user, password, uri, cnonce, want string
	}{
		{"RFC 7616 3.9.1, MD5", mufasa(", algorithm=MD5"), "Mufasa", "Circle of Life", "/dir/index.html", cnonce, `response="8ca523f5e9506fed4657c9700eebdbec"`},
		{"RFC 7616 3.9.1, SHA-256", mufasa(", algorithm=SHA-256"), "Mufasa", "Circle of Life", "/dir/index.html", cnonce, `response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`},
		{"RFC 2617 3.5", `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b", `response="6629fae49393a05397450978507c4ef1"`},
		{"RFC 2069, its example corrected by the errata", `Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"Mufasa", "CircleOfLife", "/dir/index.html", "", `response="1949323746fe6a43ef61f9606e7febea"`},
		{"the shared case", `Digest realm="cam",qop="auth",nonce="5f3a",opaque=""`, "admin", "secret", "/snap.jpg", "0a4f113b", `response="ece6c1bb8f4fdf407c71345ea610fc8a"`},
	}
	for _, tt := range tests {
		s := NewSession(Choose(Parse([]string{tt.header})), tt.user, tt.password)
		s.cnonce = tt.cnonce
		if got := s.Authorization("GET", tt.uri); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// RFC 7616, 3.9.2: SHA-512-256 with a hashed user name. Its response is that of the errata (id 4897).
func TestUserHash(t *testing.T) {
	s := NewSession(Choose(Parse([]string{`Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ` +
		`nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true`}),
	), "J\u00e4s\u00f8n Doe", "Secret, or not?")
	s.cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"
	got := s.Authorization("GET", "/doe.json")
	for _, want := range []string{`username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"`,
		`response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"`, "userhash=true", "algorithm=SHA-512-256"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestSession(t *testing.T) {
	s := NewSession(Choose(Parse([]string{`Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess`})), "u", "p")
	a1 := s.hash(s.hash("u", "r", "p"), "n", s.cnonce)
	for i, nc := range []string{"00000001", "00000002"} {
		want := s.hash(a1, "n", nc, s.cnonce, "auth", s.hash("GET", "/"))
		if got := s.Authorization("GET", "/"); !strings.Contains(got, want) || !strings.Contains(got, "nc="+nc) {
			t.Errorf("answer %d: %s", i+1, got)
		}
	}
	s.Info(`nextnonce="m", qop=auth, rspauth="", cnonce="x", nc=00000002`)
	want := s.hash(s.hash(s.hash("u", "r", "p"), "m", s.cnonce), "m", "00000001", s.cnonce, "auth", s.hash("GET", "/"))
	if got := s.Authorization("GET", "/"); !strings.Contains(got, want) || !strings.Contains(got, `nonce="m"`) {
		t.Errorf("after nextnonce: %s", got)
	}
	only := NewSession(Choose(Parse([]string{`Digest realm="r", nonce="n", qop="auth-int"`})), "u", "p")
	if want := only.hash(only.hash("u", "r", "p"), "n", "00000001", only.cnonce, "auth-int", only.hash("GET", "/", only.hash(""))); !strings.Contains(only.Authorization("GET", "/"), want) {
		t.Error("auth-int alone")
	}
}

func TestChoose(t *testing.T) {
	tests := []struct {
		name   string
		values []string
		want   string // scheme, algorithm, realm, nonce, qop
	}{
		{"Basic", []string{`Basic realm="cam"`}, "Basic||cam||"},
		{"Digest before Basic", []string{`Basic realm="cam"`, `Digest realm="cam", nonce="1"`}, "Digest||cam|1|"},
		{"in one header", []string{`Basic realm="a, b", Digest realm="cam", nonce="1", qop="auth"`}, "Digest||cam|1|auth"},
		{"the strongest", []string{`Digest realm="m", nonce="1", algorithm=MD5, Digest realm="s", nonce="2", algorithm=SHA-256`, `Digest realm="x", nonce="3", algorithm="SHA-999"`}, "Digest|SHA-256|s|2|"},
		{"a quoted algorithm", []string{`Digest realm="m", nonce="1", algorithm="md5"`}, "Digest|md5|m|1|"},
		{"no quotes", []string{`Digest realm=cam,nonce=ab/c==,qop=auth,algorithm=MD5`}, "Digest|MD5|cam|ab/c==|auth"},
		{"single quotes", []string{`Digest realm='my cam', nonce='1'`}, "Digest||my cam|1|"},
		{"blanks", []string{`digest   REALM = "cam" ,  Nonce = "1" , qop = "auth"`}, "digest||cam|1|auth"},
		{"no commas", []string{`Digest realm="cam" nonce="1" qop="auth,auth-int"`}, "Digest||cam|1|auth auth-int"},
		{"commas too many", []string{`Digest ,realm="cam",, nonce="1",`}, "Digest||cam|1|"},
		{"escaped quotes stay", []string{`Digest realm="my \"cam\"", nonce="1"`}, `Digest||my \"cam\"|1|`},
		{"no closing quote", []string{`Digest nonce="1", realm="cam`}, "Digest||cam|1|"},
		{"unknown scheme", []string{`Negotiate`, `NTLM TlRMTVNTUAAB==`}, ""},
		{"unknown protection", []string{`Digest realm="cam", nonce="1", qop="auth-conf"`, `Basic realm="cam"`}, "Basic||cam||"},
		{"nothing", nil, ""},
		{"rubbish", []string{`=,"=`, "\x00"}, ""},
	}
	for _, tt := range tests {
		got := ""
		if c := Choose(Parse(tt.values)); c != nil {
			got = strings.Join([]string{c.Scheme, c.Algorithm, c.Realm, c.Nonce, strings.Join(c.QOP, " ")}, "|")
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if c := Parse([]string{`Digest realm="a", nonce="1", stale=TRUE`}); !c[0].Stale {
		t.Error("stale")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`Basic realm="a, b", Digest realm="cam", nonce="1", qop="auth"`)
	f.Add(`Digest realm='x', nonce=\"`)
	f.Fuzz(func(t *testing.T, header string) {
		for _, c := range Parse([]string{header}) {
			if len(c.Realm) > len(header) {
				t.Fatal("longer than it came")
			}
		}
		if c := Choose(Parse([]string{header})); c != nil {
			s := NewSession(c, "user\r\n\"", "password")
			s.Info(header)
			if got := s.Authorization("GET", "/"); !strings.ContainsAny(header, "\r\n") && strings.ContainsAny(got, "\r\n") {
				t.Fatalf("a line break in %q", got)
			}
		}
	})
}
