package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var embedded embed.FS

// shell is the file that all pages are, and pages are their names.
const shell = "page.html"

func pages() []string {
	return []string{"", "events", "teach", "health", "settings", "setup", "model"}
}

// assets are the files of the page. They lie below the hash of them all, so that a browser may keep each for ever.
type assets struct {
	hash  string
	files map[string]*asset
}

// asset is a file. It is compressed when somebody asks for it first.
type asset struct {
	media    string
	plain    []byte
	compress func() []byte
}

// newAssets reads the files in a folder.
func newAssets(files fs.FS) (*assets, error) {
	a := &assets{files: map[string]*asset{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, e := range entries {
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s %d\n", e.Name(), len(text))
		sum.Write(text)
		a.files[e.Name()] = newAsset(e.Name(), text)
	}
	a.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	page := a.files[shell]
	if page == nil {
		return nil, fmt.Errorf("web: the files of the page lack %s", shell)
	}
	a.files[shell] = newAsset(shell, bytes.ReplaceAll(page.plain, []byte("{{assets}}"), []byte("assets/"+a.hash)))
	return a, nil
}

func newAsset(name string, text []byte) *asset {
	media := map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(name)]
	if media == "" {
		media = mime.TypeByExtension(path.Ext(name))
	}
	return &asset{media, text, sync.OnceValue(func() []byte { return compressed(text) })}
}

func compressed(text []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil { // there is no such level
		panic(err)
	}
	_, _ = z.Write(text) // a buffer takes all
	_ = z.Close()
	return out.Bytes()
}

// servePage answers with the shell.
func (a *assets) servePage(w http.ResponseWriter, r *http.Request) error {
	a.files[shell].serve(w, r)
	return nil
}

// serveAsset answers with a file, which never changes under its address.
func (a *assets) serveAsset(w http.ResponseWriter, r *http.Request) error {
	file := a.files[r.PathValue("name")]
	if file == nil || r.PathValue("hash") != a.hash || r.PathValue("name") == shell {
		return refuse(http.StatusNotFound, "there is no such file")
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	file.serve(w, r)
	return nil
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request) {
	text := f.plain
	w.Header().Set("Content-Type", f.media)
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		text = f.compress()
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	_, _ = w.Write(text) // who has gone does not get it
}
