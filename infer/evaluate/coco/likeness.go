package coco

import "math"

// Box is a part of a picture: x, y, width and height from the upper left, in pixels.
type Box struct{ X, Y, Width, Height float64 }

// Area is that of b.
func (b Box) Area() float64 { return float64(b.Width * b.Height) }

// IoU is how like a found box is to a true one: what both cover, as a share of what either does. Of a crowd it is the share of the
// found one. Boxes that do not overlap have 0.
func IoU(found, truth Box, crowd bool) float64 {
	w := min(found.X+found.Width, truth.X+truth.Width) - max(found.X, truth.X)
	h := min(found.Y+found.Height, truth.Y+truth.Height) - max(found.Y, truth.Y)
	if !(w > 0 && h > 0) {
		return 0
	}
	both := float64(w * h)
	if crowd {
		return both / found.Area()
	}
	return both / (found.Area() + truth.Area() - both)
}

// Keypoints is how many keypoints a body has.
const Keypoints = 17

// Point is a keypoint, in pixels.
type Point struct {
	X, Y    float64
	Labeled bool // of a true one: it is known where it is
}

// Body is a true posture.
type Body struct {
	Points [Keypoints]Point
	Box    Box
	Area   float64
}

// spread is how far from the truth people set each keypoint, as a share of the body's size: pycocotools' kpt_oks_sigmas.
var spread = [Keypoints]float64{.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089}

// epsilon is numpy.spacing(1).
const epsilon = 0x1p-52

// OKS is how like a found posture is to a true one, by the distances of their keypoints: object keypoint similarity. Only keypoints
// that are known count; of a body without any it is how near its box, twice as large on each side, the found ones are.
func OKS(found *[Keypoints]Point, truth *Body) float64 {
	known := 0
	for i := range truth.Points {
		if truth.Points[i].Labeled {
			known++
		}
	}
	sum := 0.0
	for i, p := range found {
		at := truth.Points[i]
		var dx, dy float64
		switch {
		case known == 0:
			dx = outside(p.X, truth.Box.X-truth.Box.Width, truth.Box.X+truth.Box.Width*2)
			dy = outside(p.Y, truth.Box.Y-truth.Box.Height, truth.Box.Y+truth.Box.Height*2)
		case at.Labeled:
			dx, dy = p.X-at.X, p.Y-at.Y
		default:
			continue
		}
		s := 2 * spread[i]
		sum += math.Exp(-(float64(dx*dx) + float64(dy*dy)) / float64(s*s) / (truth.Area + epsilon) / 2)
	}
	if known == 0 {
		return sum / Keypoints
	}
	return sum / float64(known)
}

// outside is how far v is outside of from … to.
func outside(v, from, to float64) float64 { return max(0, from-v) + max(0, v-to) }
