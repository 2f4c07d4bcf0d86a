// Package portal is the product in plain Go: its nouns, its rules and its kinds
// of error, one file per noun. It imports the standard library only and does no
// I/O, so every rule here can be tested by a table.
//
// Times are UTC with microsecond precision, because the store keeps microseconds.
// Known weakness: the nouns are plain structs that any room can fill; what makes
// them valid is checked by the use cases, not by constructors.
package portal
