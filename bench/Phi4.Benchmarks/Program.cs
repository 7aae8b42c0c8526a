// SPDX-License-Identifier: MIT
using System.Globalization;
using BenchmarkDotNet.Running;
using Phi4.Benchmarks;
using Phi4.Benchmarks.Kernels;
using Phi4.Benchmarks.Sampling;
using Phi4.Benchmarks.Steps;

switch (args)
{
    case ["shares", .. var rest]:
        DenseShares.Run(Threads(rest));
        QuantizedShares.Run(Threads(rest), ["5120", "17920"]);
        OperationShares.Run(Threads(rest));
        break;
    case ["dense-shares", var threads, .. var rest]:
        DenseShares.Run(int.Parse(threads, CultureInfo.InvariantCulture), rest is [var only] ? only : null);
        break;
    case ["attention", .. var rest]:
        AttentionShares.Run(rest);
        break;
    case ["operation-shares", .. var rest]:
        OperationShares.Run(Threads(rest));
        break;
    case ["quantized-shares", .. var rest]:
        QuantizedShares.Run(Threads(rest), rest.Length > 1 ? rest[1..] : []);
        break;
    case ["machine-code", .. var rest]:
        MachineCodeShares.Run(Threads(rest));
        break;
    case ["pages", var file, .. var rest]:
        PageShares.Run(file, Threads(rest));
        break;
    case ["step", _, ..]:
        StepProfile.Run(StepOptions.Parse(args[1..]));
        break;
    case ["turns", var folder, .. var rest]:
        await Turns.RunAsync(folder, Threads(rest), rest.Length > 1 ? rest[1..] : []).ConfigureAwait(false);
        break;
    case ["constraints"]:
        ConstraintCosts.Run();
        break;
    case ["neighbour", .. var rest]:
        Neighbour.Run(Threads(rest));
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}

static int Threads(string[] rest) => rest is [var threads, ..] ? int.Parse(threads, CultureInfo.InvariantCulture) : Environment.ProcessorCount;
