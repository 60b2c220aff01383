package picture

import "github.com/inceptiond/inceptiond/capture"

// gridPoints is how many samples a side a cell of a Grid is made of, at most: more tell no more of the brightness of a cell.
const gridPoints = 8

// Grid reads the brightness of a picture in coarse cells, by some of its samples, and of them luma alone: chroma and most
// pixels cost nothing. It keeps what it has planned, and is not for concurrent use.
type Grid struct {
	region        Region
	width, height int // cells

	planned grid
	x, y    []int // stored columns and rows of the samples, cell by cell
	sums    []uint32
}

// grid is what a plan is made for.
type grid struct {
	width, height int // of the samples, as they are stored
	orientation   Orientation
}

// NewGrid makes a Grid of cells over a region, whose zero value is the whole picture. The error is about the region.
func NewGrid(region Region, width, height int) (*Grid, error) {
	if err := region.Validate(); err != nil {
		return nil, err
	}
	if region == (Region{}) {
		region = Region{Width: 1, Height: 1}
	}
	return &Grid{region: region, width: width, height: height, sums: make([]uint32, max(width, height))}, nil
}

// Fill fills cells, which has room for all of them, row by row of the upright picture. A JPEG is decoded as small as it may
// be. The error wraps capture.ErrBadFrame if the frame is damaged.
func (g *Grid) Fill(p *Picture, cells []uint8) error {
	planes, err := g.planes(p)
	if err != nil {
		return err
	}
	g.plan(planes)
	across, down, step, line := g.width, g.height, 1, g.width
	if planes.Orientation.Transpose {
		across, down, step, line = down, across, g.width, 1
	}
	nx, ny := len(g.x)/across, len(g.y)/down
	sums := g.sums[:across]
	for j := range down {
		clear(sums)
		for _, y := range g.y[j*ny : (j+1)*ny] {
			g.addRow(sums, planes, y, nx)
		}
		for i, sum := range sums {
			cells[j*line+i*step] = uint8(sum / uint32(nx*ny))
		}
	}
	return nil
}

// planes are those with enough samples.
func (g *Grid) planes(p *Picture) (*Planes, error) {
	if p.frame.Format.Pixel != capture.MJPG {
		return p.Planes(1)
	}
	width, height, err := p.Size()
	if err != nil {
		return nil, err
	}
	room := min(float64(width)*g.region.Width/float64(g.width), float64(height)*g.region.Height/float64(g.height))
	reduction := 1
	for reduction < 8 && room >= float64(2*reduction) {
		reduction *= 2
	}
	return p.Planes(reduction)
}

// plan finds out where the samples are, unless the picture is like the one before.
func (g *Grid) plan(p *Planes) {
	want := grid{p.Width, p.Height, p.Orientation}
	if g.planned == want {
		return
	}
	g.planned = want
	o := p.Orientation
	across, down := p.Width, p.Height
	if o.Transpose {
		across, down = down, across
	}
	x := positions(g.region.X, g.region.Width, g.width, across, o.FlipX)
	y := positions(g.region.Y, g.region.Height, g.height, down, o.FlipY)
	if o.Transpose {
		x, y = y, x
	}
	g.x, g.y = x, y
}

// positions are the samples of each of so many cells along an axis of n samples, a part of which the cells cover.
func positions(from, part float64, cells, n int, flip bool) (list []int) {
	points := min(max(int(part*float64(n))/cells, 1), gridPoints)
	for i := range cells * points {
		at := from + part*(float64(i)+0.5)/float64(cells*points)
		if flip {
			at = 1 - at
		}
		list = append(list, min(max(int(at*float64(n)), 0), n-1))
	}
	return list
}

// addRow adds the samples of a stored row to the cells along it, n for each.
func (g *Grid) addRow(sums []uint32, p *Planes, y, n int) {
	plane := &p.Plane[0]
	switch p.Colour {
	case RGB, BGR:
		row := plane.Row(y, 0, p.Width, 3)
		red, blue := uint32(77), uint32(29) // of 256, as ITU-R BT.601 weighs them
		if p.Colour == BGR {
			red, blue = blue, red
		}
		for i := range sums {
			var sum uint32
			for _, x := range g.x[i*n : (i+1)*n] {
				pixel := row[x*plane.Step : x*plane.Step+3 : x*plane.Step+3]
				sum += (red*uint32(pixel[0]) + 150*uint32(pixel[1]) + blue*uint32(pixel[2])) >> 8
			}
			sums[i] += sum
		}
	default:
		row := plane.Row(y, 0, p.Width, 1)
		for i := range sums {
			var sum uint32
			for _, x := range g.x[i*n : (i+1)*n] {
				sum += uint32(row[x*plane.Step])
			}
			sums[i] += sum
		}
	}
}
