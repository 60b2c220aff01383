package kernel

// Packer arranges the weights of panels, one after the other, in memory that it keeps for the next.
type Packer struct {
	panel []uint8
	lists listPacker
}

// Pack arranges the weights of a panel, and tells its columns what they became. What it returns is valid until the next call.
func (p *Packer) Pack(t *Tiling, c *Columns) []uint8 {
	if t.List != nil {
		return t.List(&p.lists, c)
	}
	n := c.Segments * t.Steps(c.Segment) * t.Step * c.Vectors * Panel * t.Element
	p.panel = grown(p.panel, n)
	t.Pack(p.panel, *c)
	return p.panel
}

// grown is n elements, in the memory of list if it has as many. What they are is open.
func grown[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	return list[:n]
}
