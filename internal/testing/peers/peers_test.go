package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/gen/inception"
)

// TestLayers: windows and their borders fill what each layer makes.
func TestLayers(t *testing.T) {
	m, err := inception.Build(2, inception.Int8, inception.Options{Size: 96, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for line := range strings.Lines(layers(m)) {
		var kind string
		var groups, inC, inH, inW, outC, outH, outW, h, w, stride, top, left, bottom, right int
		if _, err := fmt.Sscan(line, &kind, &groups, &inC, &inH, &inW, &outC, &outH, &outW, &h, &w, &stride, &top, &left, &bottom, &right); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		kinds[kind]++
		if (inH+top+bottom-h)/stride+1 != outH || (inW+left+right-w)/stride+1 != outW || kind != "conv" && inC != outC || inC%groups != 0 {
			t.Errorf("%s", line)
		}
	}
	if kinds["conv"] < 60 || kinds["max"] == 0 || kinds["avg"] == 0 {
		t.Errorf("%v", kinds)
	}
}

// TestChild talks to a program as to a peer.
func TestChild(t *testing.T) {
	c, err := start([]string{"TOOK=2.5"}, "sh", "-c", `echo ready 1.2; while read x; do if [ $x = answer ]; then echo 00ff; else echo $TOOK; fi; done`)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	took, err := c.run()
	if err != nil || took != 2500*time.Microsecond || c.version != "1.2" {
		t.Errorf("%v, %v, version %q", took, err, c.version)
	}
	if got, err := c.answer(); err != nil || string(got) != "\x00\xff" {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := start(nil, "sh", "-c", "echo no"); err == nil {
		t.Error("a program that is not ready is taken")
	}
}

func TestDifferences(t *testing.T) {
	if got := differences([]byte{1, 9, 3}, []byte{1, 7, 8}); got != "2 of 3 bytes differ, by 5 at most; best class 1 and 2" {
		t.Error(got)
	}
}
