package pipeline

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// ObjectOptions say what is listed of the objects, areas and bodies that a model finds.
type ObjectOptions struct {
	Threshold  float64  // least score
	MaxResults int      // most in a result
	Only       []string // classes, by labels or numbers; empty: all
	SegmentMap bool     // which class is where is published as a picture
	Set        []string // keys of these that the config sets, to say so where they are for nothing
}

// apply has a task list what o says. The error is about a key of o that is for another task, or about an unknown label.
func (o *ObjectOptions) apply(to *task.Options, labels infer.Labels) (err error) {
	kind := to.Kind
	classifies := kind == task.Classify || kind == ""
	switch {
	case (classifies || kind == task.Embed) && len(o.Set) > 0:
		return fmt.Errorf("objects.%s: the model's task is %s: it finds no objects, areas or bodies (remove it; top_k and threshold are for classes)",
			o.Set[0], taskName(kind))
	case classifies || kind == task.Embed:
		return nil
	case o.SegmentMap && kind != task.Segment:
		return fmt.Errorf("objects.segment_map: the model's task is %s: only one that segments has such a map (remove it)", kind)
	}
	to.Threshold, to.MaxResults = float32(o.Threshold), o.MaxResults
	if kind != task.Pose {
		to.MaxResults = max(o.MaxResults, maxCounted)
	}
	if len(o.Only) > 0 {
		if to.Only, err = labels.Find(o.Only...); err != nil {
			return fmt.Errorf("objects.only: %s", strings.TrimPrefix(err.Error(), "infer: "))
		}
	}
	return nil
}

// maxCounted is how many objects or areas of a frame are counted, at least, however few of them are listed: there are no more areas.
const maxCounted = task.Void

// lists tells whether one more object of a score is listed behind n others; without options all are.
func (o *ObjectOptions) lists(n int, score float32) bool {
	return o == nil || n < o.MaxResults && score >= float32(o.Threshold)
}

// taskName is the name of a kind in messages.
func taskName(k task.Kind) string {
	if k == "" {
		return publish.TaskClassify
	}
	return string(k)
}

// Found is what a model of another task than a classifier's finds in a frame, with its labels. It is empty of a classifier.
type Found struct {
	Detections []publish.Detection // best first
	Counts     []publish.Count     // of them, by label
	Segments   []publish.Segment   // largest first
	Poses      []publish.PoseFound // best first

	Identity  *publish.Identity // who it is; nil: nobody was asked
	Embedding []float32         // nil: it is not told

	who publish.Identity // what Identity points to

	seen []decide.Seen // what is counted: all objects, listed or not, and what a second model says of them; or all areas
}

// list takes what f has, in place of what was there before. Of objects and areas it lists those that options say, the best first. It
// allocates only while there is too little room.
func (d *Found) list(f *task.Findings, labels infer.Labels, options *ObjectOptions) {
	d.Detections, d.Counts, d.Segments, d.Poses = d.Detections[:0], d.Counts[:0], d.Segments[:0], d.Poses[:0]
	d.seen = d.seen[:0]
	for _, o := range f.Objects {
		label := labelOf(labels, o.Index)
		if !options.lists(len(d.Detections), o.Score) {
			d.seen = append(d.seen, decide.Seen{Label: name(label, o.Index), Score: o.Score})
			continue
		}
		d.Detections = append(d.Detections, publish.Detection{Index: o.Index, Label: label, Score: o.Score, Box: corners(o.Box)})
		d.see(name(label, o.Index), o.Score)
	}
	for _, a := range f.Areas {
		label := labelOf(labels, a.Index)
		d.seen = append(d.seen, decide.Seen{Label: name(label, a.Index), Score: float32(a.Share)})
		if options == nil || len(d.Segments) < options.MaxResults {
			d.Segments = append(d.Segments, publish.Segment{Index: a.Index, Label: label, Share: a.Share, Box: corners(a.Box)})
		}
	}
	for i := range f.Postures {
		p := &f.Postures[i]
		pose := publish.PoseFound{Score: p.Score}
		for at, k := range p.Keypoints {
			pose.Keypoints[at] = [3]float32{k.X, k.Y, k.Score}
		}
		d.Poses = append(d.Poses, pose)
	}
}

// see counts one more of a label, of what is listed.
func (d *Found) see(label string, score float32) {
	d.seen = append(d.seen, decide.Seen{Label: label, Score: score})
	for i := range d.Counts {
		if d.Counts[i].Label == label {
			d.Counts[i].N++
			return
		}
	}
	d.Counts = append(d.Counts, publish.Count{Label: label, N: 1})
}

// recognize takes whom of people f shows, and the embedding that tells it if that is to be told.
func (d *Found) recognize(f *task.Findings, people *task.People, embedding bool) {
	d.Identity, d.Embedding = nil, nil
	if people != nil {
		d.who = identityOf(f.Who, people)
		d.Identity = &d.who
	}
	if embedding && len(f.Embedding) > 0 {
		d.Embedding = f.Embedding
	}
}

// identityOf is w as messages have it.
func identityOf(w task.Who, people *task.People) publish.Identity {
	i := publish.Identity{Score: w.Score, Distance: w.Distance, Second: w.Second}
	if w.Person >= 0 {
		i.Label = people.Names()[w.Person]
	}
	return i
}

// name is the label of a class, or its number if it has none.
func name(label string, class int) string {
	if label == "" {
		return strconv.Itoa(class)
	}
	return label
}

// listed are the labels of what the look finds: those that the options list; more: others come.
func (l *Look) listed() (labels []string, more bool) {
	for _, class := range l.only {
		labels = append(labels, name(labelOf(l.options.Model.Labels, class), class))
	}
	if l.then == nil {
		return labels, len(l.only) == 0
	}
	said, others := l.then.says()
	return append(labels, said...), len(l.only) == 0 || others
}

// findFrom has objects found from a score on, or from that on from which they are listed. It is to be called between two frames.
func (l *Look) findFrom(score float64) {
	from := float32(max(score-1e-6, 0)) // scores count as millionths
	if o := l.options.Objects; o != nil {
		from = min(from, float32(o.Threshold))
	}
	if t, ok := l.task.(interface{ SetThreshold(score float32) }); ok {
		t.SetThreshold(from)
	}
}

// tell writes what was found to r, which is good as long as d is.
func (d *Found) tell(r *publish.Result) {
	r.Detections, r.Counts, r.Segments, r.Poses = d.Detections, d.Counts, d.Segments, d.Poses
	r.Identity, r.Embedding = d.Identity, d.Embedding
}

// labelOf is the label of a class, empty if it has none.
func labelOf(labels infer.Labels, class int) string {
	if labels == nil {
		return ""
	}
	return labels.Name(class)
}

// corners is b as messages have it.
func corners(b task.Box) [4]float64 { return [4]float64{b.X, b.Y, b.Width, b.Height} }

// mapping publishes which class is where.
type mapping struct {
	on   bool
	next time.Duration // since boot: no map before
}

// mapPause is from one map to the next, at least: nobody gets to see more of them.
const mapPause = time.Second

// due tells whether a map is wanted now.
func (m *mapping) due(now time.Duration) bool {
	if !m.on || now < m.next {
		return false
	}
	m.next = now + mapPause
	return true
}

// segmentMap is m as a PNG with a palette: the number of each pixel is that of its class.
func segmentMap(m *task.Map) ([]byte, error) {
	palette := make(color.Palette, 256)
	for class := range palette {
		palette[class] = publish.ClassColour(uint8(class))
	}
	pixels := &image.Paletted{Pix: slices.Clone(m.Classes), Stride: m.Width, Rect: image.Rect(0, 0, m.Width, m.Height), Palette: palette}
	var out bytes.Buffer
	if err := png.Encode(&out, pixels); err != nil {
		return nil, fmt.Errorf("segment map: %w", err)
	}
	return out.Bytes(), nil
}
