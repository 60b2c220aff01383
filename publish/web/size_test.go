package web

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

// TestAssetsAreSmall holds the page to what a slow line and a small flash card are asked for: 200 KB, 68 KB as they are sent, of
// which who does not teach gets 14 KB less.
func TestAssetsAreSmall(t *testing.T) {
	const maxPlain, maxSent = 200_000, 68_000
	files, err := filepath.Glob("assets/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assets: %v", err)
	}
	var plain, sent int
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := z.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		plain, sent = plain+len(data), sent+packed.Len()
	}
	t.Logf("%d bytes in %d files, %d as they are sent", plain, len(files), sent)
	if plain > maxPlain || sent > maxSent {
		t.Errorf("the assets have %d bytes, %d as they are sent; at most %d and %d", plain, sent, maxPlain, maxSent)
	}
}
