// SPDX-License-Identifier: GPL-3.0-or-later

// Command govc is VMware's own command line with the commands that peer_govc.sh uses: the code
// behind them is govmomi's. The whole of it starts a little more slowly.
package main

import (
	"os"

	"github.com/vmware/govmomi/cli"
	_ "github.com/vmware/govmomi/cli/object"
	_ "github.com/vmware/govmomi/cli/vm"
	_ "github.com/vmware/govmomi/cli/vm/snapshot"
)

func main() { os.Exit(cli.Run(os.Args[1:])) }
