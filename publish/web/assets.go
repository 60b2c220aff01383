package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:generate sh -c "go run ../../internal/gen packed -dir packed assets/*"

// embedded are the files of the folder assets, each compressed.
//
//go:embed packed
var embedded embed.FS

// shell is the file that all pages are, and pages are their names.
const shell = "page.html"

func pages() []string {
	return []string{"", "events", "teach", "health", "settings", "setup", "model"}
}

// assets are the files of the page. They lie below the hash of them all, so that a browser may keep each for ever.
type assets struct {
	hash  string
	page  []byte // the shell, which knows the hash
	files map[string]*asset
}

// asset is a file, compressed with gzip.
type asset struct {
	media  string
	packed []byte
}

// newAssets reads the files of the folder packed, each named after what it is, with .gz behind it.
func newAssets(files embed.FS) (*assets, error) {
	const folder = "packed"
	a := &assets{files: map[string]*asset{}}
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, e := range entries {
		packed, err := files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s %d\n", e.Name(), len(packed))
		sum.Write(packed)
		name := strings.TrimSuffix(e.Name(), ".gz")
		a.files[name] = &asset{mediaOf(name), packed}
	}
	a.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	page := a.files[shell]
	if page == nil {
		return nil, fmt.Errorf("web: the files of the page lack %s", shell)
	}
	text, err := page.plain()
	if err != nil {
		return nil, fmt.Errorf("web: %s: %w", shell, err)
	}
	a.page = bytes.ReplaceAll(text, []byte("{{assets}}"), []byte("assets/"+a.hash))
	return a, nil
}

func mediaOf(name string) string {
	media := map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	return media[path.Ext(name)]
}

// plain is the file itself.
func (f *asset) plain() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(f.packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// servePage answers with the shell.
func (a *assets) servePage(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", a.files[shell].media)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.page)))
	_, _ = w.Write(a.page) // who has gone does not get it
	return nil
}

// serveAsset answers with a file, which never changes under its address.
func (a *assets) serveAsset(w http.ResponseWriter, r *http.Request) error {
	file := a.files[r.PathValue("name")]
	if file == nil || r.PathValue("hash") != a.hash || r.PathValue("name") == shell {
		return refuse(http.StatusNotFound, "there is no such file")
	}
	text, err := file.packed, error(nil)
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
	} else if text, err = file.plain(); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", file.media)
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text)
	return nil
}
