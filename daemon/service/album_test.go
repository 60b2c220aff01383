package service

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/publish/web"
)

// TestAlbum: the page finds the pictures that cameras keep now, under the names that it was told when they were made.
func TestAlbum(t *testing.T) {
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {width: 64, height: 48, interval: 1h, seed: 2}, snapshot: {disk: true, folder: %q}}\n"
	text += "  b: {demo: {width: 64, height: 48, interval: 1h, seed: 2}, snapshot: {mqtt: true, disk: %t, folder: %q}}\n"
	folder := t.TempDir()
	s := startService(t, fmt.Sprintf(text, folder, true, folder))
	publishtest.Eventually(t, "pictures of both", func() bool { return files(folder, "a") != "" && files(folder, "b") != "" })
	made := s.snapshots("a")[0]
	id := s.service.KeptID(made)
	jpeg, err := s.service.ReadKept(id)
	if kept, ok := s.service.FindKept(id); !ok || kept.Camera != made.Camera {
		t.Errorf("%s is %+v, %t", id, kept, ok)
	}
	if err != nil || !bytes.Equal(jpeg, made.JPEG) {
		t.Errorf("%s: %d bytes, %v", id, len(jpeg), err)
	}
	listed := func(camera, before string) (list []web.Kept) {
		for k, err := range s.service.KeptPictures(t.Context(), camera, before) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, k)
		}
		return list
	}
	if list := listed("a", ""); len(list) != 1 || list[0].ID != id || list[0].Camera != "a" {
		t.Errorf("of a: %+v", list)
	}
	both := listed("", "")
	if len(both) != 2 || len(listed("", both[0].ID)) != 1 || len(listed("c", "")) != 0 {
		t.Errorf("of all: %+v", both)
	}
	for _, err := range s.service.KeptPictures(t.Context(), "", "../a") {
		if !errors.Is(err, web.ErrNone) {
			t.Errorf("of what is no ID: %v", err)
		}
	}
	s.reload(fmt.Sprintf(text, folder, false, folder))
	b := s.service.KeptID(s.snapshots("b")[0])
	if _, err := s.service.ReadKept(b); b != "" || !errors.Is(err, web.ErrNone) || len(listed("", "")) != 1 {
		t.Errorf("b keeps none any more: %q, %v", b, err)
	}
}
