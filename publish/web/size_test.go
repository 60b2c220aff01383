package web

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestAssetsAreSmall holds the page to what a slow line and a small flash card are asked for: 200 KB, 68 KB as they are sent, of
// which who does not teach gets 14 KB less. What is embedded must be what lies in the folder assets, and
// be sent as what it is.
func TestAssetsAreSmall(t *testing.T) {
	const maxPlain, maxSent = 200_000, 68_000
	files, err := filepath.Glob("assets/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assets: %v", err)
	}
	var plain, sent int
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := embedded.ReadFile("packed/" + filepath.Base(file) + ".gz")
		if err != nil {
			t.Fatalf("%v: run make generate", err)
		}
		text, err := (&asset{packed: packed}).plain()
		if err != nil || !bytes.Equal(text, want) {
			t.Errorf("%s is embedded as it was before a change: run make generate (%v)", file, err)
		}
		if mediaOf(file) == "" {
			t.Errorf("%s: mediaOf does not know what it is", file)
		}
		plain, sent = plain+len(want), sent+len(packed)
	}
	t.Logf("%d bytes in %d files, %d as they are sent", plain, len(files), sent)
	if plain > maxPlain || sent > maxSent {
		t.Errorf("the assets have %d bytes, %d as they are sent; at most %d and %d", plain, sent, maxPlain, maxSent)
	}
	if entries, err := embedded.ReadDir("packed"); err != nil || len(entries) != len(files) {
		t.Errorf("%d files are embedded, and there are %d (%v): run make generate", len(entries), len(files), err)
	}
}
