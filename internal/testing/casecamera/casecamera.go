// Package casecamera is serve.py of the shared cases in Go: a camera that answers with the bytes of their files, as cameras
// of public reports do.
package casecamera

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// Start serves the cases until the end of the test: below url, /NAME answers with NAME.head, then with NAME.part every pace,
// or closes; NAME.next answers the later requests of a connection. /digest wants the user admin with the password secret.
// names are those of the files.
func Start(t *testing.T, pace time.Duration) (url string, names []string) {
	t.Helper()
	dir := filepath.Join(shared.Dir(t), "cases", "http")
	heads, err := filepath.Glob(filepath.Join(dir, "*.head"))
	if err != nil || len(heads) < 13 {
		t.Fatalf("%d cases, %v", len(heads), err)
	}
	for _, head := range heads {
		names = append(names, strings.TrimSuffix(filepath.Base(head), ".head"))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go camera{c, dir, pace}.serve()
		}
	}()
	return "http://" + l.Addr().String(), names
}

// Clean is the picture that all cases hold.
func Clean(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "cases", "jpeg", "clean.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type camera struct {
	net.Conn
	dir  string
	pace time.Duration
}

// serve answers the requests of a connection.
func (c camera) serve() {
	defer c.Close()
	requests := bufio.NewReader(c)
	for n := 0; ; n++ {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		name := strings.Trim(r.URL.Path, "/")
		if name == "digest" {
			if !loggedIn(r) {
				const refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"cam\",qop=\"auth\",nonce=\"5f3a\",opaque=\"\"\r\nContent-Length: 0\r\n\r\n"
				if _, err := c.Write([]byte(refusal)); err != nil {
					return
				}
				continue
			}
			name = "still"
		}
		if !c.answer(name, n > 0) {
			return
		}
	}
}

// answer answers a request and tells whether the connection is kept.
func (c camera) answer(name string, again bool) (kept bool) {
	head, part, later := c.read(name+".head"), c.read(name+".part"), c.read(name+".next")
	if again && later != nil {
		head = later
	}
	_, err := c.Write(head)
	for part != nil && err == nil {
		_, err = c.Write(part)
		time.Sleep(c.pace)
	}
	return err == nil && later != nil
}

// read returns a file of the case; nil if there is none.
func (c camera) read(file string) []byte {
	data, err := os.ReadFile(filepath.Join(c.dir, filepath.Base(file)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return data
}

var param = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^,\s]*))`)

// loggedIn checks the login of RFC 7616 with MD5 and qop auth.
func loggedIn(r *http.Request) bool {
	p := make(map[string]string)
	for _, m := range param.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		p[m[1]] = m[2] + m[3]
	}
	h := func(parts ...string) string {
		sum := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	a1, a2 := h("admin", "cam", "secret"), h(r.Method, r.URL.RequestURI())
	return p["username"] == "admin" && p["response"] == h(a1, "5f3a", p["nc"], p["cnonce"], "auth", a2)
}
