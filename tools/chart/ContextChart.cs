// SPDX-License-Identifier: MIT
using ScottPlot;
using ScottPlot.MultiplotLayouts;

namespace Phi4.Chart;

/// <summary>Two panels side by side: tokens a second, and the share of the read ceiling, both against context: of what was measured at two depths or more.</summary>
internal static class ContextChart
{
    private const int Width = 960;
    private const int Height = 400;

    public static void Save(IReadOnlyList<Series> all, string path)
    {
        Series[] series = [.. all.Where(one => one.Points.Select(point => point.Context).Distinct().Count() > 1)];
        var figure = new Multiplot { Layout = new Columns() };
        figure.AddPlots(2);
        Plot rate = figure.GetPlot(0);
        Plot share = figure.GetPlot(1);
        var colors = new ScottPlot.Palettes.Category10();
        for (int i = 0; i < series.Length; i++)
        {
            Add(rate, series[i], colors.GetColor(i), point => point.Rate, series[i].Name);
            Add(share, series[i], colors.GetColor(i), point => point.Share * 100, null);
        }

        Finish(rate, "Decoding, tokens a second", null);
        rate.ShowLegend(Alignment.LowerLeft);
        Finish(share, "Share of the read ceiling, %", 105);
        figure.SavePng(path, Width, Height);
    }

    private static void Add(Plot plot, Series series, Color color, Func<Point, double?> value, string? legend)
    {
        Point[] points = [.. series.Points.Where(point => value(point) is not null)];
        if (points.Length == 0)
        {
            return;
        }

        ScottPlot.Plottables.Scatter line = plot.Add.Scatter(
            points.Select(point => point.Context).ToArray(), points.Select(point => value(point)!.Value).ToArray(), color);
        line.LineWidth = 2;
        line.LinePattern = series.IsPeer ? LinePattern.Dashed : LinePattern.Solid;
        line.LegendText = legend ?? "";
    }

    private static void Finish(Plot plot, string title, double? top)
    {
        plot.Title(title, size: 15);
        plot.XLabel("tokens in the cache");
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, top ?? (plot.Axes.GetLimits().Top * 1.05));
    }
}
