// SPDX-License-Identifier: GPL-3.0-or-later

// Command govc is VMware's own command line, cut down to the commands that
// examples/role uses: the code behind them is govmomi's.
package main

import (
	"os"

	"github.com/vmware/govmomi/cli"
	_ "github.com/vmware/govmomi/cli/object"
	_ "github.com/vmware/govmomi/cli/permissions"
	_ "github.com/vmware/govmomi/cli/role"
)

func main() { os.Exit(cli.Run(os.Args[1:])) }
