// Package learn teaches a classifier from a few pictures of each class: it keeps all of a network but its last layer, and
// finds a new last layer for the mean of its last feature map (transfer learning with a linear head).
//
// [Train] answers with a [Version]: a .tflite file that any TensorFlow Lite runs, what the pictures look like to the network,
// and a [Report] that says how far the result is to be trusted. The same pictures, base and options give the same file on
// every machine, for every number of threads and every set of kernels, as long as the base is a quantized one.
//
// [Enrol] does for a network that gives embeddings of faces what Train does for others: its Version has people in the place of a model.
//
// The package is pure: it opens no file and no engine. Pictures come as [Picture], and an engine of [Base.Tapped] as a
// [Runner].
package learn

import (
	"context"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// The limits of what is taught.
const (
	MinClasses  = 2
	MaxClasses  = 100
	MinPictures = 3 // of a class
)

// Picture is one picture to teach with.
type Picture struct {
	ID     string    // SHA-256 of its bytes, in hexadecimal; what Read gives has the last word
	Name   string    // of its file, for people; may be empty
	Class  string    // the name of its class: a-z, 0-9, - and _, and neither "none" nor "unknown"
	Camera string    // that took it; empty: unknown
	Time   time.Time // when it was taken; zero: unknown

	// Read gives the bytes of a JPEG, PNG or BMP. It is called twice at most, from one goroutine at a time; Train keeps
	// nothing of what it gives.
	Read func() ([]byte, error)
}

// Runner is an engine of a model that Tapped returns: an [infer.Engine], or part of one. If it is an [infer.Sharer], its
// threads help.
type Runner interface {
	Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error)
}

// Options say how to train. [Defaults] returns those that were measured; a field of 0 means what it says.
type Options struct {
	Name     string // of what is taught, for the file's metadata and the report
	BaseFile string // the name of the base's file, for the report
	Program  string // version of the program, for the report

	Variants int     // of each picture, beside the picture itself: 0 to MaxVariants
	Flip     bool    // variants may be mirrored: not where left and right differ, as with text or hands
	Lambda   float64 // weight of the L2 penalty; above 0

	// Preprocess is that of the camera: Fit, Fill, Mean, Std, FastDecode. Pictures are taken whole: Region is an error.
	Preprocess preprocess.Options

	Unknown     float64 // share of known pictures that may be called unknown; for the report: the file does not have it
	MaxDistance float64 // of Enrol, up to which somebody is recognized; for the report too
	MaxRows     int     // pictures and variants in all
	MaxPictures int     // of a class

	// Skipped are files of the caller's that are no pictures: the report tells of them as of those that cannot be read.
	Skipped []Skipped

	// Held are pictures that are never trained on. A near-copy of one in the set is refused.
	Held []Picture
}

// MaxVariants is the most that Options.Variants may be.
const MaxVariants = 32

// Defaults are the options that docs/learning.md has figures of.
func Defaults() Options {
	return Options{Variants: 4, Lambda: 0.001, Unknown: 0.05, MaxDistance: 0.35, MaxRows: 6000, MaxPictures: 200}
}

// Progress says how far a training is. Done grows up to Total within a stage; the stages follow one another.
type Progress struct {
	Stage       string // StagePictures, StageHead, StageFolds, StageModel
	Done, Total int
}

// The stages of a training, in this order. Nearly all the time goes into the first.
const (
	StagePictures = "pictures" // the network looks at pictures and variants
	StageFolds    = "folds"    // cross validation
	StageHead     = "head"     // the last layer
	StageModel    = "model"    // the file
)

// Version is what a training gives.
type Version struct {
	ID         string   // the first 12 hexadecimal digits of the SHA-256 of Model, or of People
	Model      []byte   // a .tflite file, with the labels in its metadata; outputs: probability, activation map, embedding
	Embeddings []byte   // for task.ParseTaught
	People     []byte   // of Enrol, in the place of both: for task.ParsePeople
	Labels     []string // the classes, by output
	Report     Report
}
