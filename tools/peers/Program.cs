// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4;
using Phi4.Peers;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using CancellationTokenSource cancellation = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    cancellation.Cancel();
};

try
{
    if (args.Length == 0 || args is ["--help" or "-h"])
    {
        Console.WriteLine(Arguments.Help);
        return args.Length == 0 ? 2 : 0;
    }

    Arguments arguments = Arguments.Parse(args);
    Stopwatch watch = Stopwatch.StartNew();
    long bytes = TwinWriter.Write(arguments, cancellation.Token);
    Console.WriteLine($"{arguments.Out}: {bytes:N0} bytes, {watch.Elapsed.TotalSeconds:F1} s");
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Cancelled; the file begun was deleted.");
    return 130;
}
catch (Exception e) when (e is Phi4Exception or ArgumentException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
