package store

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// exported are the shelves that go into a tar.
var exported = []Shelf{Held, Normal, Pictures}

// Export writes a tar of the pictures, those held out, those of the normal state, base.json, and the report of the current
// version. Cameras have numbers for names unless withCameras: which pictures are of the same one matters. Same content, same
// bytes. The tar has no inbox, no model, and no path of this machine; what a person's own pictures say about themselves
// (EXIF) goes along.
func (n *Name) Export(w io.Writer, withCameras bool) error {
	f, err := n.open()
	if err != nil {
		return n.fail(err)
	}
	defer f.Close()
	base, err := f.base()
	if err != nil {
		return n.fail(err)
	}
	text, err := base.elsewhere().text()
	if err != nil {
		return n.fail(err)
	}
	t := tar.NewWriter(w)
	err = pack(t, baseName, text)
	var cameras map[string]string
	if !withCameras {
		cameras = map[string]string{"": ""}
	}
	for _, shelf := range exported {
		if err == nil {
			err = n.pack(t, f, shelf, cameras)
		}
	}
	if err == nil {
		err = f.packReport(t)
	}
	if err != nil {
		return n.fail(err)
	}
	return n.fail(t.Close())
}

// pack adds the pictures of a shelf, under their IDs, with their notes. Cameras get names of the map, which grows; nil: they
// keep theirs.
func (n *Name) pack(t *tar.Writer, f folder, shelf Shelf, cameras map[string]string) error {
	list, _, err := n.scan(f, shelf)
	if err != nil {
		return err
	}
	for _, p := range list {
		data, err := n.Read(p)
		if errors.Is(err, fs.ErrNotExist) { // deleted meanwhile
			continue
		} else if err != nil {
			return err
		}
		dir := path.Join(string(shelf), p.Class)
		if err := pack(t, path.Join(dir, p.ID+strings.ToLower(path.Ext(p.File))), data); err != nil {
			return err
		}
		if cameras != nil {
			if _, ok := cameras[p.Note.Camera]; !ok {
				cameras[p.Note.Camera] = fmt.Sprint("camera-", len(cameras))
			}
			p.Note.Camera = cameras[p.Note.Camera]
		}
		if text := p.Note.text(); text != nil {
			if err := pack(t, path.Join(dir, noteName(p.ID)), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// packReport adds the report of the version in use, if there is one, without paths of this machine.
func (f folder) packReport(t *tar.Writer) error {
	id := f.links().current
	if id == "" {
		return nil
	}
	text, err := f.read(versionPath(id, ReportFile), MaxVersion)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if text, err = withoutPaths(text); err != nil {
		return err
	}
	return pack(t, ReportFile, text)
}

// pack adds a file.
func pack(t *tar.Writer, name string, data []byte) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: fileMode, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err := t.Write(data)
	return err
}

// withoutPaths is a JSON text in which paths are only the last of their names.
func withoutPaths(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("%s: %w", ReportFile, err)
	}
	text, err := json.MarshalIndent(shorten(v), "", "  ")
	return append(text, '\n'), err
}

func shorten(v any) any {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "/") {
			return path.Base(v)
		}
	case []any:
		for i := range v {
			v[i] = shorten(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = shorten(v[key])
		}
	}
	return v
}
