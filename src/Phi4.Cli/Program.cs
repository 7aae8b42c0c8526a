// SPDX-License-Identifier: MIT
using Phi4.Cli;
using Phi4.Cli.Streams;

using Terminal terminal = Terminal.OfProcess();
using var interrupts = new Interrupts(leave: Environment.Exit);
using ProcessSignals signals = ProcessSignals.Register(interrupts);
return await PhiCommand.RunAsync(args, terminal, interrupts).ConfigureAwait(false);
