package preprocess

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestLibjpeg holds pictures that cjpeg wrote, of every coding, restarts, sampling factors and order of scans, to what djpeg
// makes of them (both of libjpeg-turbo).
func TestLibjpeg(t *testing.T) {
	for _, name := range []string{"cjpeg", "djpeg"} {
		if _, err := exec.LookPath(name); err != nil {
			shared.Missing(t, "no "+name+" (Debian: libjpeg-turbo-progs)")
		}
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "source.ppm")
	if err := os.WriteFile(source, drawing(93, 61), 0o600); err != nil {
		t.Fatal(err)
	}
	scans := filepath.Join(dir, "scans")
	if err := os.WriteFile(scans, []byte("0;\n2 1;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for _, coding := range []string{"", "-optimize", "-progressive", "-arithmetic", "-arithmetic -progressive", "-scans " + scans} {
		for _, restart := range []string{"", "-restart 1", "-restart 3B"} {
			for _, sampling := range []string{"1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4", "3x1", "1x3", "3x3",
				"4x4,2x2,1x1", "1x1,2x2,1x1", "2x2,1x2,2x1", "2x2,2x2,1x1", "1x2,2x1,2x1"} {
				all = append(all, strings.Fields(coding+" "+restart+" -sample "+sampling))
			}
		}
	}
	for _, coding := range []string{"", "-progressive", "-arithmetic"} {
		all = append(all, strings.Fields(coding+" -rgb"), strings.Fields(coding+" -grayscale"), strings.Fields(coding+" -quality 1"),
			strings.Fields(coding+" -quality 100"))
	}
	compared := 0
	for _, arguments := range all {
		name := strings.ReplaceAll(strings.Join(arguments, " "), scans, "2")
		data, err := exec.Command("cjpeg", append(arguments, source)...).Output()
		if err != nil {
			continue // MCUs of more than 10 blocks, which the standard rules out
		}
		compared++
		djpeg := exec.Command("djpeg", "-ppm")
		djpeg.Stdin = bytes.NewReader(data)
		want, err := djpeg.Output()
		if err != nil {
			t.Fatalf("djpeg %s: %v", name, err)
		}
		var f capture.Frame
		if err := still.DecodeBytes(data, &f); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if worst, mean := differ(pixels(t, &f), netpbm(t, want)); worst > 4 || mean > 0.5 {
			t.Errorf("%s: off by %g levels at worst, %.3f in the mean", name, worst, mean)
		}
	}
	if compared < 200 {
		t.Errorf("only %d pictures", compared)
	}
}

// drawing is a picture with edges, slopes and strong colours as a PPM.
func drawing(w, h int) []byte {
	out := fmt.Appendf(nil, "P6 %d %d 255\n", w, h)
	for y := range h {
		for x := range w {
			c := color.RGBA{R: byte(x * 255 / w), G: byte(y * 255 / h), B: byte(x * y)}
			if dx, dy := x-w/3, y-h/2; dx*dx+dy*dy < h*h/9 {
				c = color.RGBA{R: 230, G: 40, B: 60}
			}
			if (x-y)%23 == 0 {
				c = color.RGBA{R: 255, G: 255, B: 255}
			}
			out = append(out, c.R, c.G, c.B)
		}
	}
	return out
}

// netpbm is the RGB of a binary PPM, or of a PGM.
func netpbm(t *testing.T, data []byte) (rgb []float64) {
	t.Helper()
	var kind byte
	var w, h, most int
	if _, err := fmt.Sscanf(string(data[:min(len(data), 30)]), "P%c\n%d %d\n%d", &kind, &w, &h, &most); err != nil {
		t.Fatal(err)
	}
	repeat := map[byte]int{'5': 3, '6': 1}[kind]
	for _, v := range data[len(data)-w*h*3/repeat:] {
		for range repeat {
			rgb = append(rgb, float64(v))
		}
	}
	return rgb
}
