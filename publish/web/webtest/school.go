package webtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg" // pictures that somebody brings
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Names that are taught in the state Full.
const (
	TaughtGate   = "gate"   // open or shut, in use, with pictures that wait
	TaughtGarage = "garage" // in training

	TaughtFamily = "family" // people, in the state Tasks
)

// trainSteps is how many frames a training takes.
const trainSteps = 40

// school is a Teacher that is played: what it draws it knows, so that its models are as good as the labels are.
type school struct {
	state State

	mu      sync.Mutex
	lessons map[string]*lesson
	drawn   int // pictures so far
}

var _ web.Teacher = (*school)(nil)

// lesson is a name that is taught.
type lesson struct {
	web.Lesson
	samples []*sample // the newest last
	kept    map[string]*web.Version
	taking  *taking
}

// sample is a picture, and what it shows.
type sample struct {
	web.Sample
	scene scene
	sure  float64 // the score of the answer
	given []byte  // that somebody has brought; nil: it is drawn
}

// taking is taking pictures of a camera.
type taking struct {
	web.Taking
}

func newSchool(state State) *school {
	s := &school{state: state, lessons: map[string]*lesson{}}
	if state == Full || state == Error {
		s.openGate()
	}
	if state == Full {
		s.openGarage()
	}
	if state == Tasks {
		s.openFamily()
	}
	return s
}

// openGate begins with a gate that is told apart well.
func (s *school) openGate() {
	l := s.begin(TaughtGate, Drive)
	for i := range 54 {
		of := []string{"open", "shut"}[i%9%2]
		s.draw(l, of, i/3, web.Place{Shelf: web.ShelfPictures, Class: of})
	}
	for range 3 { // taken for what they are not
		s.draw(l, "open", 100+s.drawn, web.Place{Shelf: web.ShelfPictures, Class: "shut"})
	}
	for i := range 8 {
		of := []string{"open", "shut"}[i%2]
		s.draw(l, of, 200+i, web.Place{Shelf: web.ShelfHeld, Class: of})
	}
	for i := range 14 {
		s.draw(l, []string{"open", "shut"}[i%3%2], 300+i*2/3, web.Place{Shelf: web.ShelfInbox})
	}
	l.Cameras, l.Collect = []string{Drive}, []string{Drive}
	l.Previous = &web.Version{ID: "0123456789ab", Time: day(9), Classes: []string{"open", "shut"}, Pictures: 12, Accuracy: accuracy(10, 12)}
	l.Current = &web.Version{ID: "123456789abc", Time: day(12), Classes: []string{"open", "shut"}, Pictures: 22, Accuracy: accuracy(20, 22)}
	l.Newest = s.version(l)
	l.kept = map[string]*web.Version{l.Previous.ID: l.Previous, l.Current.ID: l.Current, l.Newest.ID: l.Newest}
	if s.state == Error {
		l.Problem = "the file of its base model, birds, is another than the one it was taught with; train it again"
		l.Training = &web.Trained{State: "failed", Started: day(13), Reasons: []string{"the class shut has 2 pictures: take 3 or more, better 10", "the picture 3f2a… cannot be read"}}
	}
}

// openGarage begins with a garage that is being trained for the first time.
func (s *school) openGarage() {
	l := s.begin(TaughtGarage, Hall)
	for i := range 16 {
		of := []string{"car", "empty"}[i%2]
		s.draw(l, of, 400+i, web.Place{Shelf: web.ShelfPictures, Class: of})
	}
	l.Training = &web.Trained{State: "running", Stage: "pictures", Total: trainSteps, Started: day(14)}
}

// openFamily begins with people who are known, whose model nobody has told of them.
func (s *school) openFamily() {
	l := s.begin(TaughtFamily, Door)
	l.Kind, l.Base.Model = web.LessonPeople, "faces"
	for i := range 9 {
		of := []string{"anna", "ben"}[i%2]
		s.draw(l, of, 600+i, web.Place{Shelf: web.ShelfPictures, Class: of})
	}
	s.draw(l, "ben", 700, web.Place{Shelf: web.ShelfInbox})
	l.Current = &web.Version{ID: "123456789abc", Time: day(12), Classes: []string{"anna", "ben"}, Pictures: 9, Accuracy: accuracy(8, 9)}
	l.kept[l.Current.ID] = l.Current
}

func (s *school) begin(name, camera string) *lesson {
	l := &lesson{Lesson: web.Lesson{Name: name, Kind: web.LessonClasses, Base: web.Base{Model: "birds", File: "builtin:demo", Camera: camera}}, kept: map[string]*web.Version{}}
	s.lessons[name] = l
	return l
}

// day is an hour of the day that is played.
func day(hour int) time.Time { return time.Date(2026, 3, 14, hour, 26, 53, 589e6, time.UTC) }

// draw adds a picture of something; those of the same group look almost the same.
func (s *school) draw(l *lesson, of string, group int, to web.Place) *sample {
	s.drawn++
	id := sha256.Sum256(fmt.Append(nil, l.Name, s.drawn))
	p := &sample{scene: scene{of: of, light: group, shake: s.drawn % 4}, sure: 0.5 + float64(group*37%50)/100, Sample: web.Sample{
		ID: hex.EncodeToString(id[:]), Place: to, Answer: of, Camera: l.Base.Camera,
		Time: day(8).Add(time.Duration(s.drawn) * time.Minute), Group: fmt.Sprint(group),
	}}
	l.samples = append(l.samples, p)
	p.judge()
	return p
}

// judge says whether the label of a picture seems to be wrong.
func (p *sample) judge() {
	p.Suspicious = p.Shelf == web.ShelfPictures && p.Class != p.scene.of && p.given == nil
	p.Score = p.sure
	if p.Suspicious {
		p.Score = max(p.sure, 0.9)
	}
}

// find is the lesson of a name. It is called, as all below it, with mu held.
func (s *school) find(name string) (*lesson, error) {
	if l := s.lessons[name]; l != nil {
		return l, nil
	}
	return nil, web.ErrNone
}

// change is find for what changes something, which is refused in the state Error.
func (s *school) change(name string) (*lesson, error) {
	if s.state == Error {
		return nil, &web.Refused{Reasons: []string{"the disk is full: delete pictures, or make teach.max_bytes smaller"}}
	}
	return s.find(name)
}

// Lessons implements web.Teacher.
func (s *school) Lessons(context.Context) (list []web.Lesson, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lessons {
		list = append(list, l.now())
	}
	slices.SortFunc(list, func(a, b web.Lesson) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Lesson implements web.Teacher.
func (s *school) Lesson(_ context.Context, name string) (web.Lesson, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(name)
	if err != nil {
		return web.Lesson{}, err
	}
	return l.now(), nil
}

// enough is how many pictures of a class are enough.
const enough = 40

// now is how far a lesson is.
func (l *lesson) now() web.Lesson {
	made := l.Lesson
	classes, groups := map[string]*web.LessonClass{}, map[string]bool{}
	class := func(label string) *web.LessonClass {
		if classes[label] == nil {
			classes[label] = &web.LessonClass{Label: label}
		}
		return classes[label]
	}
	for _, p := range l.samples {
		switch group := p.Class + " " + p.Group; p.Shelf {
		case web.ShelfInbox:
			made.Inbox++
		case web.ShelfNormal:
			made.Normal++
		case web.ShelfHeld:
			made.Held++
			class(p.Class).Held++
		case web.ShelfPictures:
			if groups[group] {
				class(p.Class).Copies++
			} else {
				class(p.Class).Pictures++
			}
			groups[group] = true
		}
	}
	for _, c := range classes {
		c.More = max(0, enough-c.Pictures)
		made.More += c.More
		made.Classes = append(made.Classes, *c)
	}
	slices.SortFunc(made.Classes, func(a, b web.LessonClass) int { return strings.Compare(a.Label, b.Label) })
	if l.Training != nil {
		training := *l.Training
		made.Training = &training
	}
	if l.taking != nil {
		taking := l.taking.Taking
		made.Taking = &taking
	}
	return made
}

// NewLesson implements web.Teacher.
func (s *school) NewLesson(_ context.Context, name, camera string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == Error:
		_, err := s.change(name)
		return err
	case s.lessons[name] != nil:
		return &web.Refused{Reasons: []string{"there is a name " + name + " already; take another"}}
	case !New(s.state, 1).has(camera):
		return &web.Refused{Reasons: []string{"there is no camera " + camera}}
	}
	s.begin(name, camera)
	return nil
}

// RemoveLesson implements web.Teacher.
func (s *school) RemoveLesson(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.change(name)
	if err == nil {
		delete(s.lessons, name)
	}
	return err
}

// Forget implements web.Teacher.
func (s *school) Forget(_ context.Context, name, class string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	if err != nil {
		return err
	}
	before := len(l.samples)
	l.samples = slices.DeleteFunc(l.samples, func(p *sample) bool { return p.Class == class })
	if len(l.samples) == before {
		return web.ErrNone
	}
	l.Current, l.Previous, l.Newest = nil, nil, nil
	return nil
}

// ReadSample implements web.Samples.
func (s *school) ReadSample(_ context.Context, name, id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(name)
	if err != nil {
		return nil, err
	}
	p, err := l.picture(id)
	if err != nil {
		return nil, err
	}
	if p.given != nil {
		return p.given, nil
	}
	return p.scene.jpeg(), nil
}

func (l *lesson) picture(id string) (*sample, error) {
	i := slices.IndexFunc(l.samples, func(p *sample) bool { return p.ID == id })
	if i < 0 {
		return nil, web.ErrNone
	}
	return l.samples[i], nil
}

// nearest is a picture that the gate was taught with.
func (s *school) nearest() web.Nearest {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.lessons[TaughtGate]; l != nil {
		for _, p := range l.samples {
			if p.Shelf == web.ShelfPictures {
				return web.Nearest{Name: l.Name, ID: p.ID, Class: p.Class}
			}
		}
	}
	return web.Nearest{}
}

// AddSample implements web.Samples.
func (s *school) AddSample(_ context.Context, name string, given web.Given, to web.Place) (web.Added, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.change(name)
	if err != nil {
		return web.Added{}, err
	}
	if _, _, err := image.Decode(bytes.NewReader(given.Picture)); err != nil {
		return web.Added{}, &web.Refused{Reasons: []string{"this is no whole JPEG or PNG"}}
	}
	sum := sha256.Sum256(given.Picture)
	id := hex.EncodeToString(sum[:])
	if _, err := l.picture(id); err == nil {
		return web.Added{ID: id}, nil
	}
	l.samples = append(l.samples, &sample{given: given.Picture, scene: scene{of: to.Class}, Sample: web.Sample{
		ID: id, Place: to, Camera: given.Camera, Time: given.Time, Group: id,
	}})
	return web.Added{ID: id, Fresh: true}, nil
}

// AddObject implements web.Samples.
func (s *school) AddObject(ctx context.Context, name, camera string, p *picture.Picture, box [4]float64, to web.Place) (web.Added, error) {
	e, err := picture.NewEncoder(picture.EncoderOptions{Region: picture.Region{X: box[0], Y: box[1], Width: box[2], Height: box[3]}, Quality: 90})
	if err != nil {
		return web.Added{}, err
	}
	jpeg, err := e.Encode(p)
	if err != nil {
		return web.Added{}, err
	}
	return s.AddSample(ctx, name, web.Given{Picture: jpeg, Camera: camera, Time: p.Frame().Time}, to)
}
