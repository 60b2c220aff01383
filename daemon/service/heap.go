package service

import "runtime/debug"

// besideModels is about how many bytes of the heap are in use beside models: frames, pictures, what is remembered.
const besideModels = 8 << 20

// makeRoom sets how much the heap may grow before it is collected: by Options.HeapRoom percent of what is in use beside the models.
// Their memory is never garbage, and would have as much again of it lie about.
func (s *Service) makeRoom() {
	if s.options.HeapRoom > 0 {
		debug.SetGCPercent(heapPercent(s.options.HeapRoom, s.parts.models))
	}
}

// heapPercent is how much all of a heap may grow that holds models.
func heapPercent(room int, models map[string]*model) int {
	bytes := int64(besideModels)
	for _, m := range models {
		bytes += m.Memory
	}
	return max(1, int(int64(room)*besideModels/bytes))
}
