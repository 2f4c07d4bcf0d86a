package apidocs

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Group is one group of operations of a document, in the document's order.
type Group struct {
	Name, About string
	Operations  []Operation
}

// Operation is one row of the list that the reference shows before, and
// without, its scripts.
type Operation struct{ ID, Method, Path, Summary string }

// methods is the order of the operations of one path.
var methods = []string{"get", "put", "post", "delete", "patch"}

// Outline returns the groups of operations of the document of that name, in
// portal.LangEN or portal.LangPT.
func Outline(name, lang string) ([]Group, error) { return outline(Document(name, lang)) }

func outline(document []byte) ([]Group, error) {
	var doc struct {
		Tags []struct {
			Name        string `json:"name"`
			Description string `json:"description"`
		} `json:"tags"`
		Paths map[string]map[string]struct {
			OperationID string   `json:"operationId"`
			Summary     string   `json:"summary"`
			Tags        []string `json:"tags"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	paths := make([]string, 0, len(doc.Paths))
	for p := range doc.Paths {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	groups := make([]Group, len(doc.Tags))
	for i, tag := range doc.Tags {
		groups[i] = Group{Name: tag.Name, About: tag.Description}
		for _, p := range paths {
			for _, m := range methods {
				if op, ok := doc.Paths[p][m]; ok && slices.Contains(op.Tags, tag.Name) {
					groups[i].Operations = append(groups[i].Operations, Operation{op.OperationID, m, p, op.Summary})
				}
			}
		}
	}
	return slices.DeleteFunc(groups, func(g Group) bool { return len(g.Operations) == 0 }), nil
}
