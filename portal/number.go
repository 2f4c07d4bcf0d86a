package portal

// Number is a number of JSON as it was written. As a float64 an integer beyond
// 2^53 would become another one, and customers' ids are such.
type Number string

// MarshalJSON writes the number as it came.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n), nil }
