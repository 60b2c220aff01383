package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// cocoResult is an object or a posture in COCO's format of results (https://cocodataset.org/#format-results), which pycocotools reads.
type cocoResult struct {
	Image     any       `json:"image_id"`    // the number that the file is called by, as COCO's are, or else its name
	Category  int       `json:"category_id"` // the class + 1: COCO's own number with COCO's 90 labels
	Box       []float64 `json:"bbox,omitempty"`
	Keypoints []float64 `json:"keypoints,omitempty"`
	Score     float64   `json:"score"`
}

// cocoFile gathers results of all pictures. They are a list in JSON, one result a line.
type cocoFile struct {
	path    string
	results []cocoResult
}

// add takes what was found in a picture, whose upright size is known.
func (c *cocoFile) add(name string, size publish.Size, f *task.Findings) {
	width, height := float64(size.Width), float64(size.Height)
	pixels := func(v float64) float64 { return math.Round(v*100) / 100 }
	for _, o := range f.Objects {
		c.results = append(c.results, cocoResult{
			Image: cocoImage(name), Category: o.Index + 1, Score: float64(o.Score),
			Box: []float64{pixels(o.Box.X * width), pixels(o.Box.Y * height), pixels(o.Box.Width * width), pixels(o.Box.Height * height)},
		})
	}
	for _, p := range f.Postures {
		r := cocoResult{Image: cocoImage(name), Category: 1, Score: float64(p.Score)} // a person
		for _, k := range p.Keypoints {
			r.Keypoints = append(r.Keypoints, pixels(float64(k.X)*width), pixels(float64(k.Y)*height), publish.Fraction(float64(k.Score)))
		}
		c.results = append(c.results, r)
	}
}

// cocoImage is what COCO calls a picture: 139 for 000000000139.jpg.
func cocoImage(name string) any {
	base := filepath.Base(name)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	if n, err := strconv.ParseUint(base, 10, 53); err == nil {
		return n
	}
	return base
}

// write writes the file.
func (c *cocoFile) write() (err error) {
	f, err := os.Create(c.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	separator := "["
	for _, r := range c.results {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n%s", separator, line)
		separator = ","
	}
	if len(c.results) == 0 {
		fmt.Fprint(w, "[")
	}
	fmt.Fprint(w, "\n]\n")
	return w.Flush()
}
