// SPDX-License-Identifier: MIT
using System.CommandLine;

return await new RootCommand("Runs phi-4 and its siblings.").Parse(args).InvokeAsync().ConfigureAwait(false);
